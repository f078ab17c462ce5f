// Who is measured.

export interface Peer {
  /** One word, for the command line. */
  id: string;
  name: string;
  command: string[];
  env?: Record<string, string>;
  /** Where it is started. Default: this repository. */
  directory?: string;
}

const SCRIPT = `${import.meta.dir}/servers/socketio.ts`;

/** This package on Bun.serve: the one that the others are compared with. */
export const OURS: Peer = {
  id: "ours",
  name: "bun-socket.io",
  command: [process.execPath, SCRIPT],
};

/** Measured where they are named alone: this package with what nobody else has. */
export const ON_DEMAND: readonly Peer[] = [
  {
    id: "ours-metrics",
    name: "bun-socket.io with metrics",
    command: OURS.command,
    env: { BENCH_METRICS: "all" },
  },
  {
    id: "ours-metrics-in",
    name: "bun-socket.io with metrics, outgoing: false",
    command: OURS.command,
    env: { BENCH_METRICS: "incoming" },
  },
];

/** Everyone, this package first. */
export async function findPeers(): Promise<Peer[]> {
  const onNode = await bundleForNode();
  return [
    OURS,
    {
      id: "ours-node-http",
      name: "bun-socket.io on node:http",
      command: [process.execPath, SCRIPT],
      env: { BENCH_SERVER: "bun-socket.io on node:http" },
    },
    {
      id: "bun",
      name: "socket.io on Bun",
      command: [process.execPath, SCRIPT],
      env: { BENCH_SERVER: "socket.io" },
    },
    ...(onNode === undefined
      ? []
      : [
          {
            id: "node",
            name: "socket.io on Node",
            command: ["node", onNode],
            env: { BENCH_SERVER: "socket.io" },
          },
        ]),
    {
      id: "bun-engine",
      name: "@socket.io/bun-engine",
      command: [process.execPath, SCRIPT],
      env: { BENCH_SERVER: "bun-engine" },
    },
    {
      id: "raw",
      name: "raw Bun WebSocket",
      command: [process.execPath, `${import.meta.dir}/servers/raw.ts`],
    },
  ];
}

/** Node.js runs no TypeScript of this age: the program is bundled for it. */
async function bundleForNode(): Promise<string | undefined> {
  if (Bun.which("node") === null) return undefined;
  const built = await Bun.build({
    entrypoints: [SCRIPT],
    target: "node",
    external: ["bun-socket.io", "socket.io", "@socket.io/bun-engine"],
    outdir: `${import.meta.dir}/../node_modules/.bench`,
    naming: "[name].mjs",
  });
  return built.outputs[0]?.path;
}
