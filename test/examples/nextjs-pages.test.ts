import { expect } from "bun:test";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { Program } from "../support/program.ts";
import { TRANSPORTS } from "../support/hosts.ts";

describeExample("nextjs-pages", (example, testExample) => {
  testExample("the first request to the route starts it, the next ones are its own", async () => {
    const { directory, entry } = example.project;
    const program = await Program.start(directory, entry);
    try {
      const path = `${program.url}/api/socket`;
      const [first, second] = [await fetch(path), await fetch(path)];
      expect([first.status, await first.text()]).toEqual([200, ""]);
      expect([second.status, await second.json()]).toEqual([
        400,
        { code: 0, message: "Transport unknown" },
      ]);
      const page = await fetch(program.url);
      expect(page.headers.get("content-type")).toStartWith("text/html");
      expect(await page.text()).toContain("<title>The pages router and Socket.IO</title>");
      expect((await fetch(`${program.url}/nothing`)).status).toBe(404);
    } finally {
      await program.stop();
    }
  });

  testExample("its page starts Socket.IO by the route, and talks", async () => {
    const { directory, entry } = example.project;
    const program = await Program.start(directory, entry);
    try {
      await withPages(async (open) => {
        const page = await open(program.url);
        await page.getByText("Connected, one of 1").waitFor();
        const options = { path: "/api/socket", addTrailingSlash: false };
        const bob = await example.clients.connect(program.url, options);
        expect(await bob.emitWithAck("join", "lobby")).toBe(2);
        const heard = once(bob, "said");
        await page.getByLabel("Message").fill("good morning");
        await page.getByRole("button", { name: "Say" }).click();
        expect(await heard).toEqual(["good morning"]);
        bob.emit("say", "lobby", "good evening");
        await page.getByText("Somebody: good evening").waitFor();
        await keepScreenshot(page, "example nextjs-pages");
      });
    } finally {
      await program.stop();
    }
  });

  for (const { name, transports } of TRANSPORTS) {
    testExample(`clients join rooms and talk there, over ${name}`, async () => {
      const options = {
        path: "/api/socket",
        addTrailingSlash: false,
        transports: [...transports],
      };
      await (await fetch(`${example.url}/api/socket`)).body?.cancel();
      const room = `room ${name}`;
      const ada = await example.clients.connect(example.url, options);
      const bob = await example.clients.connect(example.url, options);
      expect(await ada.emitWithAck("join", room)).toBe(1);
      expect(await bob.emitWithAck("join", room)).toBe(2);
      const heard = once(ada, "said");
      bob.emit("say", room, "hello");
      expect(await heard).toEqual(["hello"]);
    });
  }
});
