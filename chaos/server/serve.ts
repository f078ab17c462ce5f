// What a node does: broadcasts numbered events, and asks the cluster.

import { createInterface } from "node:readline";
import {
  type Answer,
  ASK,
  type Command,
  type Question,
  REPORT_MARK,
  type Report,
  TICK,
} from "./protocol.ts";
import type { ChaosServer } from "./start.ts";

const REPORT_EVERY_MS = 100;
const ACK_TIMEOUT_MS = 8000;

function report(what: Report): void {
  process.stdout.write(`${REPORT_MARK}${JSON.stringify(what)}\n`);
}

/** Does what stdin says until it ends, which ends the process. */
export function serve(io: ChaosServer, name: string, port: number): void {
  let sent = 0;
  let reported = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tell = (): void => {
    if (sent !== reported) {
      reported = sent;
      report({ say: "sent", count: sent });
    }
  };
  const tick = (padding?: string): void => {
    // Counted first: what an adapter throws at is lost as well.
    const number = ++sent;
    io.emit(TICK, name, number, Date.now(), ...(padding === undefined ? [] : [padding]));
  };
  const hold = (): void => {
    clearInterval(timer);
    tell();
    report({ say: "held" });
  };
  const burst = (left: number, padding: string, perTurn: number): void => {
    for (let i = 0; i < Math.min(left, perTurn); i++) tick(padding);
    if (left > perTurn) setTimeout(burst, 1, left - perTurn, padding, perTurn);
    else hold();
  };
  const handle = (command: Command): void => {
    switch (command.do) {
      case "send":
        timer = setInterval(tick, command.everyMs);
        break;
      case "hold":
        hold();
        break;
      case "burst":
        burst(command.count, "x".repeat(command.bytes), command.perTurn);
        break;
      case "ask":
        void ask(io, command.question).then((answer) => {
          report({ say: "answer", id: command.id, answer });
        });
        break;
    }
  };

  setInterval(tell, REPORT_EVERY_MS);
  io.on(ASK, ((reply: (answer: string) => void) => reply(name)) as (...args: never[]) => void);
  countDropped(io);
  const input = createInterface({ input: process.stdin });
  input.on("line", (line) => handle(JSON.parse(line) as Command));
  input.on("close", () => process.exit(0)); // the runner is gone
  report({ say: "ready", port });
}

/** This package tells of what it drops. Nobody listens for `error`: that must not end a process. */
function countDropped(io: ChaosServer): void {
  const { adapter } = io.of("/");
  if (typeof adapter === "object" && adapter !== null && "on" in adapter) {
    const { on } = adapter as { on(event: string, listener: (what: unknown) => void): unknown };
    on.call(adapter, "dropped", (what) => {
      if (typeof what === "object" && what !== null && "messages" in what) {
        report({ say: "dropped", messages: Number(what.messages) });
      }
    });
  }
}

function describe(error: unknown): Pick<Answer, "error" | "partial"> {
  if (!(error instanceof Error)) return { error: String(error), partial: 0 };
  const code = "code" in error ? String(error.code) : error.message;
  const responses = "responses" in error && Array.isArray(error.responses) ? error.responses : [];
  return { error: code, partial: responses.length };
}

async function ask(io: ChaosServer, question: Question): Promise<Answer> {
  if (question === "fetchSockets") {
    try {
      return { count: (await io.fetchSockets()).length, partial: 0, error: null };
    } catch (error) {
      return { count: 0, ...describe(error) };
    }
  }
  return new Promise((resolve) => {
    const onAnswers = (error: unknown, answers: unknown): void => {
      const count = Array.isArray(answers) ? answers.length : 0;
      const { error: named, partial } = error ? describe(error) : { error: null, partial: 0 };
      if (named === null) resolve({ count, partial, error: null });
      else resolve({ count: 0, partial: Math.max(count, partial), error: named });
    };
    if (question === "serverSideEmit") io.serverSideEmit(ASK, onAnswers);
    else io.timeout(ACK_TIMEOUT_MS).emit(ASK, onAnswers);
  });
}
