import { expect } from "bun:test";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { Program } from "../support/program.ts";
import { TRANSPORTS } from "../support/hosts.ts";

describeExample("fastify", (example, testExample) => {
  const post = async (note: unknown) => {
    const response = await fetch(`${example.url}/notes`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(note),
    });
    await response.body?.cancel();
    return response.status;
  };

  for (const { name, transports } of TRANSPORTS) {
    const options = { transports: [...transports] };

    testExample(`a posted note goes to the sockets of its board, over ${name}`, async () => {
      const board = `over ${name}`;
      const client = await example.clients.connect(example.url, options);
      const other = await example.clients.connect(example.url, options);
      other.on("note", () => expect.unreachable("it has another board open"));
      expect(await client.emitWithAck("open", board)).toEqual([]);
      expect(await other.emitWithAck("open", "another")).toEqual([]);

      const heard = once(client, "note");
      expect(await post({ board, text: "milk" })).toBe(201);
      expect(await heard).toEqual([{ board, text: "milk" }]);
      expect(await other.emitWithAck("open", board)).toEqual([{ board, text: "milk" }]);
      expect(await post({ board })).toBe(400);
    });
  }

  // Not over polling: a client that happens to have no request open finds the port closed.
  for (const transports of [["websocket"], ["polling", "websocket"]]) {
    testExample(`the sockets leave when Fastify closes, over ${transports.join()}`, async () => {
      const program = await Program.start(example.project.directory, example.project.entry);
      try {
        const client = await example.clients.connect(program.url, { transports });
        const gone = once(client, "disconnect");
        expect(await program.stop()).toBe(0);
        expect((await gone)[0]).toBe("io server disconnect");
      } finally {
        await program.stop();
      }
    });
  }

  testExample("the hook onReady has run, and other paths are Fastify's", async () => {
    expect(example.program.output).toContain("ready: all plugins are loaded");
    const response = await fetch(`${example.url}/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: "Route GET:/nothing not found" });
  });

  testExample("what is posted in one page shows in the other", () =>
    withPages(async (open) => {
      const [ada, bob] = [await open(example.url), await open(example.url)];
      await bob.getByText("told by Socket.IO").waitFor();
      await bob.getByText("Nothing to buy yet.").waitFor();
      await ada.getByLabel("What to buy").fill("two lemons");
      await ada.getByRole("button", { name: "Add" }).click();
      await bob.getByText("two lemons").waitFor();
      await bob.getByText("Nothing to buy yet.").waitFor({ state: "hidden" });
      await keepScreenshot(bob, "example fastify");
    }),
  );
});
