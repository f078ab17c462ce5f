// A client of contracted.mjs, on Bun or on Node.js: both import and require the entries for both sides.
import { createRequire } from "node:module";
import { ContractError, typedClient } from "bun-socket.io/contract";
import { path } from "bun-socket.io/path";
import { io } from "socket.io-client";
import { calculator } from "./contract.mjs";

const name = path("/rooms/:id").toName({ id: 1 });
const require = createRequire(import.meta.url);
const required = require("bun-socket.io/path").path("/:a").toName({ a: 2 });
const { isRefusal } = require("bun-socket.io/contract");
if (isRefusal({})) throw new Error("it is none");

const client = typedClient(io(process.argv[2] + name), calculator);
const doubled = await client.emitWithAck("double", 21);
const error = await client.emitWithAck("double", "x").catch((thrown) => thrown);
if (!(error instanceof ContractError)) throw error;
client.disconnect();
console.log(JSON.stringify({ name, required, doubled, code: error.code }));
