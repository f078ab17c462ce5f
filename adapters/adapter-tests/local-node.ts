import { Server } from "../../lib/index.ts";
import type { LocalNode, NodeMethod, NodeRequest, TestNode } from "./options.ts";
import { NodeProgram } from "./program.ts";

const HOSTNAME = "127.0.0.1";

/** Starts a server in this process. */
export function startLocalNode(node: LocalNode, request: NodeRequest): TestNode {
  const { adapter, options = {} } = node;
  const io = new Server({ hostname: HOSTNAME, ...options, ...request.serverOptions, adapter });
  const program = new NodeProgram(io, request.index);
  io.listen(0);
  const address = io.httpServer?.address();
  if (typeof address !== "object" || address === null) {
    throw new Error("the server does not listen");
  }
  const kill = node.kill?.bind(node);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= io.close();
    return closed;
  };
  return {
    url: `http://${HOSTNAME}:${address.port}`,
    async call<Name extends NodeMethod>(
      method: Name,
      ...args: Parameters<NodeProgram[Name]>
    ): Promise<Awaited<ReturnType<NodeProgram[Name]>>> {
      const own = program[method] as (
        ...args: Parameters<NodeProgram[Name]>
      ) => ReturnType<NodeProgram[Name]>;
      return await own.apply(program, args);
    },
    close,
    ...(kill === undefined ? {} : { kill }),
    async stop() {
      try {
        await close();
      } finally {
        await node.stop?.();
      }
    },
  };
}
