// A node of a fleet in a process of its own, on Bun or on Node.js: connects to the test, does what it
// is told, and ends when the test is gone. On Node.js it runs as one bundled file.

import { createServer } from "node:http";
import { connect } from "node:net";
import type { Server } from "bun-socket.io";
import type { NodeMethod } from "../../../adapters/adapter-tests/options.ts";
import { NodeProgram } from "../../../adapters/adapter-tests/program.ts";
import type { MadeAdapter } from "./adapter-config.ts";
import { decoder, encode, type FromNode, type ToNode } from "./codec.ts";
import { type NodeSettings, SETTINGS } from "./node-settings.ts";

const settings: NodeSettings = JSON.parse(process.env[SETTINGS] ?? "");
const { Server: AnyServer } = await import(settings.server);
const { [settings.make]: make } = await import(settings.adapters);
// Where it can be, in the same turn as the server, as programs do: ioredis 5 refuses subscriptions that
// are asked for while it connects.
const making: MadeAdapter<unknown> | Promise<MadeAdapter<unknown>> = make(settings.config);
const made = making instanceof Promise ? await making : making;
const httpServer = createServer();
const io: Server = new AnyServer(httpServer, { ...settings.serverOptions, adapter: made.adapter });
const program = new NodeProgram(io, settings.index);
httpServer.listen(0, "127.0.0.1", () => {
  const address = httpServer.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  say({ hello: settings.id, url: `http://127.0.0.1:${port}`, pid: process.pid });
});

const control = connect(settings.controlPort, "127.0.0.1").setEncoding("utf8").setNoDelay(true);
control.on(
  "data",
  decoder<ToNode>((message) => void answer(message)),
);
control.on("error", () => process.exit(1));
control.on("close", () => process.exit(0));

function say(message: FromNode): void {
  control.write(encode(message));
}

async function run(method: string, args: unknown[]): Promise<unknown> {
  if (method === "#close") {
    return io.close();
  }
  const own = program[method as NodeMethod] as (...args: unknown[]) => unknown;
  return own.apply(program, args);
}

async function answer({ call, method, args }: ToNode): Promise<void> {
  try {
    say({ call, result: await run(method, args) });
  } catch (error) {
    const { message, name, responses } = error as Error & { responses?: unknown };
    say({ call, error: { message, name, responses } });
  }
}
