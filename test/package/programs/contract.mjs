// A contract that a server on Bun and a client on Node.js import.
import { defineContract } from "bun-socket.io/contract";

const number = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "number" ? { value } : { issues: [{ message: "no number" }] },
  },
};

export const calculator = defineContract({
  clientToServer: { double: { input: number, ack: number } },
  serverToClient: {},
});
