import type { DeadlineClock } from "../deadline.ts";

/** What there is to know of a session. */
export interface BeatingSession {
  readonly id: string;
  /** Whether its client owes an answer to a ping. */
  readonly awaitsPong: boolean;
  on(event: "heartbeat" | "close", listener: () => void): unknown;
  off(event: "heartbeat" | "close", listener: () => void): unknown;
}

/** What moving the clock of a server needs of it. */
export interface HeartbeatServer {
  readonly clock: DeadlineClock;
  readonly engine: { readonly clients: Readonly<Record<string, BeatingSession>> };
}

/**
 * Moves the clock of a server ahead, from one thing that is due to the next. After each, the clients get
 * the time that it really takes to answer the pings: it is not they who are late.
 *
 * @param server the server
 * @param milliseconds how far
 * @param isSilent whether nobody need wait for the client of a session
 * @param patienceMs how long to wait for the others, really
 */
export async function advanceHeartbeats(
  { clock, engine }: HeartbeatServer,
  milliseconds: number,
  isSilent: (session: BeatingSession) => boolean,
  patienceMs: number,
): Promise<void> {
  const late = new WeakSet<BeatingSession>();
  const answer = async (session: BeatingSession): Promise<void> => {
    if (session.awaitsPong && !isSilent(session) && !late.has(session)) {
      if (!(await hasAnswered(session, patienceMs))) {
        late.add(session); // it is not waited for again
      }
    }
  };
  let left = milliseconds;
  do {
    const step = Math.min(left, clock.untilNextMs);
    clock.advance(step);
    left -= step;
    await Promise.all(Object.values(engine.clients).map(answer));
  } while (left > 0);
}

/** Whether a session gets its pong, or ends, in time. */
function hasAnswered(session: BeatingSession, patienceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isAnswered: boolean) => (): void => {
      clearTimeout(timer);
      session.off("heartbeat", onAnswer);
      session.off("close", onAnswer);
      resolve(isAnswered);
    };
    const onAnswer = settle(true);
    const timer = setTimeout(settle(false), patienceMs);
    session.on("heartbeat", onAnswer);
    session.on("close", onAnswer);
  });
}
