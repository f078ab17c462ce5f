import { expect } from "bun:test";
import { keepScreenshot, withPages } from "../support/browser.ts";
import { connected, once } from "../support/clients.ts";
import { describeExample, type Example } from "../support/example.ts";
import { TRANSPORTS } from "../support/hosts.ts";

/** Logs in as a browser's form does; answers the cookie of the session. */
async function logIn({ url }: Example, name: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: "POST",
    body: new URLSearchParams({ name }),
    redirect: "manual",
  });
  expect(response.status).toBe(302);
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  expect(cookie).toStartWith("connect.sid=");
  return cookie;
}

async function whoAmI({ url }: Example, cookie: string): Promise<unknown> {
  return (await fetch(`${url}/api/me`, { headers: { cookie } })).json();
}

describeExample("express", (example, testExample) => {
  for (const { name, transports } of TRANSPORTS) {
    const options = (cookie: string) => ({
      transports: [...transports],
      extraHeaders: { cookie },
    });

    testExample(`without a login no socket gets in, over ${name}`, async () => {
      const client = example.clients.make(example.url, { transports: [...transports] });
      await expect(connected(client)).rejects.toThrow("log in first");
    });

    testExample(`a socket has the session of the login, and changes it, over ${name}`, async () => {
      const cookie = await logIn(example, "Ada");
      const client = await example.clients.connect(example.url, options(cookie));
      expect(await client.emitWithAck("visit")).toBe(1);
      expect(await client.emitWithAck("visit")).toBe(2);
      expect(await whoAmI(example, cookie)).toEqual({ name: "Ada", visits: 2 });
    });

    testExample(`what one says the others in the room hear, over ${name}`, async () => {
      const ada = await example.clients.connect(example.url, options(await logIn(example, "Ada")));
      const arrival = once(ada, "note");
      const bob = await example.clients.connect(example.url, options(await logIn(example, "Bob")));
      expect(await arrival).toEqual(["Bob is here"]);

      const heard = once(ada, "said");
      expect(await bob.emitWithAck("say", "hello")).toEqual({ ok: true });
      expect(await heard).toEqual([{ name: "Bob", text: "hello" }]);
      expect(await bob.emitWithAck("say", { not: "a text" })).toEqual({ ok: false });
    });

    testExample(`a logout disconnects the sockets of its session alone, over ${name}`, async () => {
      const cookie = await logIn(example, "Ada");
      const first = await example.clients.connect(example.url, options(cookie));
      const second = await example.clients.connect(example.url, options(cookie));
      const other = await example.clients.connect(
        example.url,
        options(await logIn(example, "Bob")),
      );
      const gone = Promise.all([once(first, "disconnect"), once(second, "disconnect")]);

      const response = await fetch(`${example.url}/logout`, {
        method: "POST",
        headers: { cookie },
        redirect: "manual",
      });

      expect(response.status).toBe(302);
      for (const [reason] of await gone) {
        expect(reason).toBe("io server disconnect");
      }
      expect(await other.emitWithAck("visit")).toBe(1);
      expect(await whoAmI(example, cookie)).toEqual({ name: null, visits: 0 });
      const again = example.clients.make(example.url, options(cookie));
      await expect(connected(again)).rejects.toThrow("log in first");
    });
  }

  testExample("helmet's headers are on pages, on the client bundle and on handshakes", async () => {
    for (const path of ["/", "/socket.io/socket.io.js", "/socket.io/?EIO=4&transport=polling"]) {
      const response = await fetch(example.url + path);
      expect(response.status).toBe(200);
      await response.body?.cancel();
      const policy = response.headers.get("content-security-policy");
      expect([path, policy]).toEqual([
        path,
        path.endsWith(".js")
          ? null
          : "default-src 'self';form-action 'self';frame-ancestors 'none'",
      ]);
    }
  });

  testExample("its page logs in, connects under its policy, and logs out", () =>
    withPages(async (open) => {
      const enter = async (name: string) => {
        const page = await open(example.url);
        await page.getByLabel("What is your name?").fill(name);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByText(`Logged in as ${name}, visit 1`).waitFor();
        return page;
      };
      const ada = await enter("Ada");
      const bob = await enter("Bob");
      await bob.getByLabel("Message").fill("good morning");
      await bob.getByRole("button", { name: "Send" }).click();
      await ada.getByText("Bob: good morning").waitFor();
      await keepScreenshot(ada, "example express");

      await ada.getByRole("button", { name: "Log out" }).click();
      await ada.getByLabel("What is your name?").waitFor();
      await bob.getByText("Ada has left").waitFor();
      expect(await bob.getByRole("status").textContent()).toContain("Logged in as Bob");
    }),
  );
});
