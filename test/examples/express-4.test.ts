import { expect } from "bun:test";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { TRANSPORTS } from "../support/hosts.ts";

describeExample("express-4", (example, testExample) => {
  const post = async (room: string, text: string) => {
    const response = await fetch(`${example.url}/rooms/${room}`, {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: text,
    });
    return { status: response.status, body: await response.json() };
  };

  for (const { name, transports } of TRANSPORTS) {
    testExample(`a route sends to a room, and clients have answers, over ${name}`, async () => {
      const options = { transports: [...transports] };
      const inside = await example.clients.connect(example.url, options);
      const outside = await example.clients.connect(example.url, options);
      expect(await inside.emitWithAck("add", 20, 22)).toBe(42);
      expect(await inside.emitWithAck("join", `tea ${name}`)).toBe(1);
      outside.on("announcement", () => expect.unreachable("it is not in the room"));

      const heard = once(inside, "announcement");
      expect(await post(`tea ${name}`, "it is ready")).toEqual({
        status: 202,
        body: { sentTo: 1 },
      });
      expect(await heard).toEqual(["it is ready"]);
      // Behind all that was sent to it before.
      expect(await outside.emitWithAck("add", 1, 1)).toBe(2);
    });
  }

  testExample("what one page has the route announce shows in the other", () =>
    withPages(async (open) => {
      const [ada, bob] = [await open(example.url), await open(example.url)];
      await bob.getByText("Connected, one of").waitFor();
      await ada.getByLabel("Announcement").fill("the scones are ready");
      await ada.getByRole("button", { name: "Announce" }).click();
      await ada.getByText("Sent to 2 in the room.").waitFor();
      await bob.getByText("the scones are ready").waitFor();
      await keepScreenshot(bob, "example express-4");
    }),
  );

  testExample("other paths are Express's", async () => {
    const response = await fetch(`${example.url}/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get("x-powered-by")).toBe("Express");
  });
});
