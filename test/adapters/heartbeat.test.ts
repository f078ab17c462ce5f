// What nodes that know each other by heartbeats make of clocks and of the end.

import { afterEach, expect, setSystemTime, test } from "bun:test";
import {
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  MessageType,
} from "bun-socket.io/adapter";
import type { AdapterNamespace } from "../../adapters/adapter.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  setSystemTime();
  for (const cleanup of cleanups.splice(0)) {
    cleanup();
  }
});

const NAMESPACE: AdapterNamespace = {
  name: "/",
  sockets: new Map(),
  server: { encoder: { encode: () => [] }, opts: {} },
  _ids: 0,
  _onServerSideEmit() {},
};

/** A node of which one sees what it sends. */
class Node extends ClusterAdapterWithHeartbeat {
  readonly sent: MessageType[] = [];

  constructor(options: ClusterAdapterOptions) {
    super(NAMESPACE, options);
    cleanups.push(() => this.close());
  }

  protected override doPublish({ type }: ClusterMessage): Promise<string> {
    this.sent.push(type);
    return Promise.resolve("");
  }

  protected override doPublishResponse(): Promise<void> {
    return Promise.resolve();
  }
}

test("nodes stay known when the clock of the machine is set", async () => {
  const node = new Node({ heartbeatInterval: 60_000, heartbeatTimeout: 60_000 });
  node.onMessage({ uid: "other", nsp: "/", type: MessageType.HEARTBEAT });
  setSystemTime(new Date(Date.now() + 3_600_000));
  await Bun.sleep(1_200); // they are looked for each second
  expect(await node.serverCount()).toBe(2);
});

test("a heartbeat that is never due does not come all the time", async () => {
  const node = new Node({ heartbeatInterval: Number.POSITIVE_INFINITY });
  let timers = 0;
  const { setTimeout } = globalThis;
  globalThis.setTimeout = Object.assign((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return setTimeout(...args);
  }, setTimeout);
  try {
    await node.init();
    await Bun.sleep(50);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  expect(timers).toBe(1);
});

test("a node that is closed does not say that it is there", async () => {
  const node = new Node({});
  await node.init();
  await node.close();
  node.onMessage({ uid: "new", nsp: "/", type: MessageType.INITIAL_HEARTBEAT });
  expect(node.sent).toEqual([MessageType.INITIAL_HEARTBEAT, MessageType.ADAPTER_CLOSE]);
});
