import { expect } from "bun:test";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { TRANSPORTS } from "../support/hosts.ts";

/** What is used of the page, as the types here know no DOM. */
interface Page {
  getComputedStyle(element: unknown): { borderLeftColor: string };
}

describeExample("koa", (example, testExample) => {
  const counts = async (): Promise<{ green: number }> => {
    return (await fetch(`${example.url}/api/counts`)).json() as Promise<{ green: number }>;
  };

  for (const { name, transports } of TRANSPORTS) {
    testExample(`a vote reaches the watchers and the route, over ${name}`, async () => {
      const options = { transports: [...transports] };
      const watcher = await example.clients.connect(example.url, options);
      const voter = await example.clients.connect(example.url, options);
      voter.on("counts", () => expect.unreachable("it does not watch"));
      const before = await counts();
      expect(await watcher.emitWithAck("watch")).toEqual(before);

      const told = once(watcher, "counts");
      expect(await voter.emitWithAck("vote", "green")).toEqual({ ok: true });
      const after = { ...before, green: before.green + 1 };
      expect(await told).toEqual([after]);
      expect(await counts()).toEqual(after);
      expect(await voter.emitWithAck("vote", "loud")).toEqual({ ok: false });
    });
  }

  testExample("other paths are Koa's", async () => {
    const response = await fetch(`${example.url}/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get("x-powered-by")).toBe("Koa on Bun");
  });

  testExample("a vote in one page shows in the other", () =>
    withPages(async (open) => {
      const [ada, bob] = [await open(example.url), await open(example.url)];
      const { green } = await counts();
      const button = bob.getByRole("button", { name: `green ${green}` });
      await button.waitFor();
      // Not only by the length of its bar, which is nothing at no votes.
      await expect(
        button.evaluate(
          (self) => (globalThis as unknown as Page).getComputedStyle(self).borderLeftColor,
        ),
      ).resolves.toBe("rgb(0, 128, 0)");
      await ada.getByRole("button", { name: "green" }).click();
      await bob.getByRole("button", { name: `green ${green + 1}` }).waitFor();
      await keepScreenshot(bob, "example koa");
    }),
  );
});
