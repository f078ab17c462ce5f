import { expect } from "bun:test";
import { dirname, join } from "node:path";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { TRANSPORTS } from "../support/hosts.ts";

const ORIGIN = "http://localhost:5173";

describeExample("nestjs", (example, testExample) => {
  testExample("Nest finds this package as socket.io, and no other", async () => {
    const { directory } = example.project;
    const ours = Bun.resolveSync("socket.io", directory);
    const nest = dirname(Bun.resolveSync("@nestjs/platform-socket.io", directory));
    expect(Bun.resolveSync("socket.io", nest)).toBe(ours);
    const { name } = await Bun.file(join(directory, "node_modules/socket.io/package.json")).json();
    expect(name).toBe(process.env.EXAMPLES_WITH ? "socket.io" : "bun-socket.io");
  });

  for (const { name, transports } of TRANSPORTS) {
    const options = { transports: [...transports] };

    testExample(`rooms, acknowledgements and answers as events, over ${name}`, async () => {
      const room = `room ${name}`;
      const [ada, bob] = await Promise.all(
        ["Ada", "Bob"].map((person) =>
          example.clients.connect(example.url, { ...options, auth: { name: person } }),
        ),
      );
      if (ada === undefined || bob === undefined) throw new Error("both connect");
      expect(await ada.emitWithAck("join", room)).toEqual(["Ada"]);
      expect(await bob.emitWithAck("join", room)).toEqual(["Ada", "Bob"]);

      const heard = once(ada, "said");
      expect(await bob.emitWithAck("say", { room, text: " hello " })).toBe(1);
      expect(await heard).toEqual([{ room, text: "hello", name: "Bob" }]);
      expect(await (await fetch(`${example.url}/rooms`)).json()).toMatchObject({ [room]: 1 });

      const time = once(ada, "time");
      ada.emit("time");
      expect((await time)[0]).toBeNumber();

      const left = once(ada, "left");
      bob.disconnect();
      expect(await left).toEqual(["Bob"]);
    });

    testExample(`what the pipe throws reaches the client, over ${name}`, async () => {
      const client = await example.clients.connect(example.url, options);
      const refused = once(client, "exception");
      client.emit("say", { room: "tea" });
      expect(await refused).toMatchObject([
        { status: "error", message: "a message has a room and a text" },
      ]);
    });

    testExample(`the guard of the namespace asks for the token, over ${name}`, async () => {
      const guest = await example.clients.connect(`${example.url}/admin`, options);
      const refused = once(guest, "exception");
      guest.emit("announce", "mine");
      expect(await refused).toMatchObject([{ status: "error", message: "admins only" }]);

      const listener = await example.clients.connect(example.url, options);
      const heard = once(listener, "announcement");
      const auth = { token: "let me in" };
      const admin = await example.clients.connect(`${example.url}/admin`, { ...options, auth });
      expect((await admin.emitWithAck("announce", "tea is ready")).told).toBePositive();
      expect(await heard).toEqual(["tea is ready"]);
    });
  }

  testExample("its page joins, talks, and shows what the pipe throws", () =>
    withPages(async (open) => {
      const enter = async (name: string) => {
        const page = await open(example.url);
        await page.getByLabel("Your name").fill(name);
        await page.getByRole("button", { name: "Join" }).click();
        await page.getByText("Connected. Here:").waitFor();
        return page;
      };
      const [ada, bob] = [await enter("Ada"), await enter("Bob")];
      await bob.getByText("Here: Ada, Bob").waitFor();
      await bob.getByLabel("Message").fill("good morning");
      await bob.getByRole("button", { name: "Say" }).click();
      await bob.getByText("Messages in this room: 1").waitFor();
      await ada.getByText("Bob: good morning").waitFor();
      await ada.getByRole("button", { name: "Say" }).click();
      await ada.getByText("a message has a room and a text").waitFor();
      await keepScreenshot(ada, "example nestjs");
    }),
  );

  testExample("the options of the adapter class hold", async () => {
    const response = await fetch(`${example.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: ORIGIN },
    });
    expect(await response.text()).toStartWith("0{");
    expect(response.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
  });
});
