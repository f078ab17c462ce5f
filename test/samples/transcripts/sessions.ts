import type { Socket } from "socket.io-client";
import { connected, once } from "../../support/clients.ts";
import type { Transcript } from "./transcript.ts";

export async function sessions(transcript: Transcript): Promise<void> {
  const { clients, url } = transcript;
  const json = { "content-type": "application/json" };

  async function login(username: string, password: string): Promise<string> {
    const body = JSON.stringify({ username, password });
    const response = await transcript.fetch("/login", { method: "POST", headers: json, body });
    const cookie = response.headers.get("set-cookie") ?? "";
    transcript.say("the cookie", cookie.replace(/=s%3A[^;]+/, "=..."));
    return cookie.split(";")[0] ?? "";
  }
  /** Tries to connect and tells how it went. */
  async function attempt(who: string, cookie: string, transports: string[]): Promise<Socket> {
    const socket = clients.make(url, { transports, extraHeaders: { cookie } });
    const outcome = await Promise.race([
      connected(socket).then(() => ["connected"]),
      once<[Error & { data?: unknown }]>(socket, "connect_error").then(([error]) => [
        error.message,
        error.data,
      ]),
    ]).catch((error: Error & { data?: unknown }) => [error.message, error.data]);
    transcript.say(`${who} by ${transports}`, ...outcome);
    return socket;
  }

  await login("ada", "wrong");
  await attempt("nobody", "", ["polling"]);
  await attempt("nobody", "", ["websocket"]);
  const mallory = await login("mallory", "secret");
  await attempt("mallory", mallory, ["websocket"]);

  const cookie = await login("ada", "secret");
  const first = await attempt("ada", cookie, ["polling"]);
  const second = await attempt("ada", cookie, ["websocket"]);
  await transcript.ask("ada", first, "whoami");
  await transcript.ask("ada", first, "count");
  await transcript.ask("ada again", second, "count");
  const me = await transcript.fetch("/me", { headers: { cookie } });
  transcript.say("ada is", await me.json());

  const ends = [once(first, "disconnect"), once(second, "disconnect")];
  await transcript.fetch("/logout", { method: "POST", headers: { cookie } });
  for (const [reason] of await Promise.all(ends)) transcript.say("disconnected", reason);
  await attempt("ada, who left,", cookie, ["websocket"]);
}
