import type { Transcript } from "./transcript.ts";

export async function chat(transcript: Transcript): Promise<void> {
  const { clients, url } = transcript;
  const page = await transcript.fetch("/");
  transcript.say("the page", (await page.text()).includes("/socket.io/socket.io.js"));
  const script = await transcript.fetch("/socket.io/socket.io.js");
  transcript.say("the client", (await script.text()).startsWith("/*!\n * Socket.IO v4"));
  await transcript.fetch("/nowhere");

  const ada = await clients.connect(url);
  ada.emit("add user", "ada");
  await transcript.expect("ada", ada, "login");
  const grace = await clients.connect(url, { transports: ["websocket"] });
  const joined = transcript.together(
    transcript.expect("ada", ada, "user joined"),
    transcript.expect("grace", grace, "login"),
  );
  grace.emit("add user", "grace");
  await joined;

  ada.emit("typing");
  await transcript.expect("grace", grace, "typing");
  for (const line of ["hello", "<b>how</b> are you?", "\u{1f44b}"]) {
    const seen = transcript.expect("grace", grace, "chat message");
    ada.emit("chat message", line);
    await seen;
  }
  const left = transcript.expect("ada", ada, "user left");
  grace.disconnect();
  await left;
}
