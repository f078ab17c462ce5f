// The runner's end of a node of a benchmark, with one client or more.

import type { Subprocess } from "bun";
import { usageOf } from "../../chaos/process-usage.ts";
import { NODE_SETTINGS, type NodeSettings } from "../../chaos/server/protocol.ts";
import { linesOf } from "../../scripts/lines.ts";
import { cpuSecondsOf } from "./cpu-clock.ts";
import type { Peer } from "./peers.ts";
import type { Command } from "./protocol.ts";

type Child = Subprocess<"pipe", "pipe", "inherit">;

/** A node that runs. */
export class BenchNode {
  readonly pid: number;
  readonly port: number;
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;
  readonly #sockets: WebSocket[] = [];

  private constructor(child: Child, lines: AsyncIterator<string>, port: number) {
    this.#child = child;
    this.#lines = lines;
    this.pid = child.pid;
    this.port = port;
  }

  /** Starts a node of a peer. */
  static async start(peer: Peer, redisPort: number, profile?: string): Promise<BenchNode> {
    const settings: NodeSettings = {
      name: "bench",
      package: peer.package,
      mode: peer.mode,
      redis: [{ host: "127.0.0.1", port: redisPort }],
      isCluster: false,
      client: "ioredis",
      clientOptions: peer.clientOptions,
      adapterOptions: peer.adapterOptions ?? {},
    };
    const flags = profile ? ["--cpu-prof", "--cpu-prof-name", profile] : [];
    const child = Bun.spawn([process.execPath, ...flags, `${import.meta.dir}/node.ts`], {
      cwd: `${import.meta.dir}/../..`,
      env: { ...process.env, [NODE_SETTINGS]: JSON.stringify(settings) },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = linesOf(child.stdout);
    const { value } = await lines.next();
    return new BenchNode(child, lines, Number(/port (\d+)/.exec(String(value))?.[1]));
  }

  /** Connects a client; `onEvent` is called with each event that it gets. */
  async connect(onEvent: () => void): Promise<WebSocket> {
    const socket = new WebSocket(
      `ws://127.0.0.1:${this.port}/socket.io/?EIO=4&transport=websocket`,
    );
    this.#sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.onerror = () => reject(new Error("no connection to the node"));
      socket.onmessage = ({ data }: MessageEvent<string>) => {
        if (data.startsWith("42") || data.startsWith("43")) onEvent();
        else if (data.startsWith("40")) resolve(socket);
        else if (data.startsWith("0")) socket.send("40");
        else if (data === "2") socket.send("3");
      };
    });
  }

  command(command: Command): void {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    this.#child.stdin.flush();
  }

  /** Asks a question: the answer, and how long it took there. */
  async ask(
    question: Extract<Command, { do: "ask" }>["question"],
    room: string,
  ): Promise<{ count: number; ms: number }> {
    this.command({ do: "ask", question, room });
    const { value } = await this.#lines.next();
    const [, count, ms] = /done (\S+) (\S+)/.exec(String(value)) ?? [];
    return { count: Number(count), ms: Number(ms) };
  }

  /** CPU time so far. */
  get cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  get bytes(): number {
    return usageOf(this.pid)?.bytes ?? Number.NaN;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#child.stdin.end(); // it ends by itself then, and writes its profile
    await this.#child.exited;
  }
}
