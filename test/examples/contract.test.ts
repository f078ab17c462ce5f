import { expect } from "bun:test";

import { join } from "node:path";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { TRANSPORTS } from "../support/hosts.ts";
import { run } from "../support/project.ts";

describeExample("contract", (example, testExample) => {
  for (const { name, transports } of TRANSPORTS) {
    testExample(`an item reaches the others of its list, over ${name}`, async () => {
      const enter = (list: string, who: string) =>
        example.clients.connect(`${example.url}/lists/${list}`, {
          transports: [...transports],
          auth: { name: who },
        });
      const [ann, bob] = [await enter(name.length.toString(), "Ann"), await enter("other", "Bob")];
      const eve = await enter(name.length.toString(), "Eve");
      bob.on("item", () => expect.unreachable("it is of another list"));
      const told = once(eve, "item");
      const item = await ann.emitWithAck("add", " milk ");
      expect(item).toMatchObject({ text: "milk", by: "Ann", done: false });
      expect(await told).toEqual([item]);
      const checked = once(eve, "item");
      ann.emit("check", item.id, true);
      expect(await checked).toEqual([{ ...item, done: true }]);
      expect(await ann.emitWithAck("all")).toEqual([{ ...item, done: true }]);
      expect(await bob.emitWithAck("all")).toEqual([]);
      const refusal = await ann.emitWithAck("add", "  ");
      const issues = [{ message: "say what to buy", path: [] }];
      expect(refusal).toEqual({ code: "INVALID_PAYLOAD", event: "add", issues });
    });
  }

  testExample("nobody comes in without a name", async () => {
    const client = example.clients.make(`${example.url}/lists/home`, { auth: { name: " " } });
    const [error] = await once<[Error & { data?: unknown }]>(client, "connect_error");
    expect(error.message).toBe("invalid auth");
    expect(error.data).toMatchObject({ code: "INVALID_AUTH", issues: [{ path: ["name"] }] });
  });

  testExample("bunx describes the contract, and the declarations say what it does", async () => {
    const { directory } = example.project;
    const out = await run(
      directory,
      ...[process.execPath, "x", "--bun", "bun-socket.io", "describe", "contract.ts"],
      ...["--types", "lists.d.ts", "--asyncapi", "asyncapi.json"],
    );
    expect(out).toBe("");
    const { channels } = await Bun.file(join(directory, "asyncapi.json")).json();
    expect(channels.shopping.address).toBe("/lists/{listId}");
    const declarations = await Bun.file(join(directory, "lists.d.ts")).text();
    expect(declarations).toContain("check: (arg0: string, arg1: boolean) => void;");
    expect(declarations).toContain("export type ShoppingAuth = {\n  name: string;\n};");
  });

  testExample("what is added in one page shows in the other", () =>
    withPages(async (open) => {
      const pages = ["Ann", "Bob"].map((name) => open(`${example.url}/?list=party&name=${name}`));
      const [ann, bob] = await Promise.all(pages);
      if (ann === undefined || bob === undefined) throw new Error("no page");
      await ann.getByText("Ann, Bob").or(ann.getByText("Bob, Ann")).waitFor();
      await ann.getByRole("button", { name: "Add" }).click();
      await ann.getByText("say what to buy").waitFor();
      await ann.getByLabel("What to buy").fill("a cake");
      await ann.getByRole("button", { name: "Add" }).click();
      const box = bob.getByRole("checkbox", { name: "a cake" });
      await box.check();
      await ann.locator("li.done", { hasText: "a cake" }).waitFor();
      await keepScreenshot(bob, "example contract");
    }),
  );
});
