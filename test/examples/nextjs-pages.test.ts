import { expect } from "bun:test";
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
      expect([page.status, await page.text()]).toEqual([200, "a page"]);
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
