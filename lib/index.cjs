// The package for require(): a function that makes a server, with every export of index.ts on it.
if (process.versions.bun === undefined) {
  throw new Error("bun-socket.io runs on Bun: start this program with `bun`, or use socket.io");
}
// Bun's require() of index.ts answers the very modules that import does, so the classes are the same.
const library = require("./index.ts");

module.exports = Object.assign(function io(server, options) {
  return new library.Server(server, options);
}, library);
