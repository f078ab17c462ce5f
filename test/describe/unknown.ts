import { defineContract, type StandardSchema } from "bun-socket.io/contract";

const schema: StandardSchema = {
  "~standard": { version: 1, vendor: "mine", validate: (value) => ({ value }) },
};

export const unknown = defineContract({
  clientToServer: { a: { input: schema } },
  serverToClient: {},
});
