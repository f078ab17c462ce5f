// Programs written for `socket.io`, with its name in their sources, run on the reference and then on
// this package by the name alone; a script of stock clients sees the same of both.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Project } from "../support/project.ts";
import { bunEngine } from "./transcripts/bun-engine.ts";
import { chat } from "./transcripts/chat.ts";
import { privateMessaging } from "./transcripts/private-messaging.ts";
import { rooms } from "./transcripts/rooms.ts";
import { sessions } from "./transcripts/sessions.ts";
import { todos } from "./transcripts/todos.ts";
import { Transcript } from "./transcripts/transcript.ts";

const PACKAGES = ["@socket.io/bun-engine", "express", "express-session"];
const SAMPLES = [
  { name: "bun-engine", program: "server.js", script: bunEngine },
  { name: "chat", program: "server.js", script: chat },
  { name: "private-messaging", program: "server.ts", script: privateMessaging },
  { name: "rooms", program: "server.js", script: rooms },
  { name: "sessions", program: "server.js", script: sessions },
  { name: "todos", program: "server.ts", script: todos },
] as const;

let reference: Project;
let alias: Project;
beforeAll(async () => {
  reference = await Project.make([], [...PACKAGES, "socket.io"]);
  alias = await Project.make(["socket.io"], PACKAGES);
  for (const project of [reference, alias]) {
    for (const { name } of SAMPLES) project.copy(join(import.meta.dir, name), name);
  }
}, 60_000);
afterAll(() => {
  reference.remove();
  alias.remove();
}, 30_000);

/** Starts a program, and answers what its clients see of it. */
async function record(
  project: Project,
  name: string,
  program: string,
  script: (transcript: Transcript) => Promise<void>,
): Promise<string[]> {
  const server = Bun.spawn([process.execPath, program], {
    cwd: project.path(name),
    env: { ...process.env, PORT: "0" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const errors = new Response(server.stderr).text();
  try {
    let out = "";
    for await (const chunk of server.stdout.pipeThrough(new TextDecoderStream())) {
      out += chunk;
      if (out.includes("\n")) break;
    }
    const port = /listening on (\d+)/.exec(out)?.[1];
    if (port === undefined) throw new Error(`${name} does not listen: ${out}${await errors}`);
    const transcript = new Transcript(`http://127.0.0.1:${port}`);
    try {
      await script(transcript);
    } finally {
      transcript.clients.closeAll();
    }
    return transcript.lines;
  } finally {
    server.kill();
    await server.exited;
  }
}

describe("a program written for socket.io shows its clients the same by the alias", () => {
  test.each(SAMPLES)(
    "$name",
    async ({ name, program, script }) => {
      const expected = await record(reference, name, program, script);
      expect(expected.length).toBeGreaterThan(8);
      expect(await record(alias, name, program, script)).toEqual(expected);
    },
    30_000,
  );
});
