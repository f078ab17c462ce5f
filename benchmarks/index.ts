// `bun run bench`: what this package costs beside its peers.
//   bun run bench               server CPU a message, on one node
//   bun run bench cross-node    CPU a message from node to node over Redis; more words choose peers
//   bun run bench rooms         counting and watching 100,000 rooms of another node

const [which] = process.argv.slice(2);

if (which === "cross-node") await import("./cluster/cross-node.ts");
else if (which === "rooms") await import("./cluster/rooms.ts");
else if (which === undefined) await import("./server-cpu.ts");
else throw new Error(`there is no benchmark "${which}"`);

export {};
