import type { Socket } from "socket.io-client";
import { once } from "../../support/clients.ts";
import type { Transcript } from "./transcript.ts";

interface Session {
  sessionID: string;
  userID: string;
}

export async function privateMessaging(transcript: Transcript): Promise<void> {
  const { clients, url } = transcript;

  /** Opens a tab and answers its session, with the users that it was told of. */
  async function open(name: string, auth: object): Promise<[Socket, Session]> {
    const socket = clients.make(url, { auth });
    const session = once<[Session]>(socket, "session");
    const users = once<[object[]]>(socket, "users");
    const [answer] = await session;
    transcript.name(answer.sessionID, `session of ${name}`);
    transcript.name(answer.userID, name);
    transcript.say(`${name} has a session`, answer);
    transcript.say(`${name} sees`, ...(await users));
    return [socket, answer];
  }

  const nobody = clients.make(url, { auth: {} });
  const [refusal] = await once<[Error]>(nobody, "connect_error");
  transcript.say("refused", refusal.message);

  const [ada, adaSession] = await open("ada", { username: "ada" });
  const adaSees = once(ada, "user connected");
  const [grace, graceSession] = await open("grace", { username: "grace" });
  transcript.say("ada is told", ...(await adaSees));
  const adaIsBack = once(grace, "user connected");
  const [tab] = await open("ada", { sessionID: adaSession.sessionID });
  transcript.say("grace is told", ...(await adaIsBack));

  const seen = transcript.together(
    transcript.expect("grace", grace, "private message"),
    transcript.expect("the other tab of ada", tab, "private message"),
  );
  ada.emit("private message", { content: "hello", to: graceSession.userID });
  await seen;

  ada.disconnect();
  const reply = transcript.expect("the other tab of ada", tab, "private message");
  grace.emit("private message", { content: "still there?", to: adaSession.userID });
  await reply;
  const gone = transcript.expect("grace", grace, "user disconnected");
  tab.disconnect();
  await gone;
  const [again] = await open("ada", { sessionID: adaSession.sessionID });
  transcript.say("ada is connected", again.connected);
}
