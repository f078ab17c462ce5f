// `bun run bench`: what this package costs beside its peers.
//   bun run bench               one node: a message, a connection, a client; `--help` tells more
//   bun run bench report        writes what README.md and docs/performance.md show of the results
//   bun run bench codec         packets to bytes and back, without a server
//   bun run bench adapter       whom a broadcast goes to, without a server
//   bun run bench cross-node    CPU a message from node to node over Redis; more words choose peers
//   bun run bench rooms         counting and watching 100,000 rooms of another node

const [which] = process.argv.slice(2);

if (which === "cross-node") await import("./cluster/cross-node.ts");
else if (which === "rooms") await import("./cluster/rooms.ts");
else if (which === "codec") await import("./micro/codec.ts");
else if (which === "adapter") await import("./micro/adapter.ts");
else if (which === "report") await (await import("./report.ts")).publish();
else await import("./one-node.ts");

export {};
