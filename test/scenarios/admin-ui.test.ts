// The admin UI that is published for socket.io, with its own page in a real browser.

import { expect, test } from "bun:test";
import { instrument } from "@socket.io/admin-ui";
import { Server } from "bun-socket.io";
import type { Server as ReferenceServer } from "socket.io";
import { keepScreenshot, launchBrowser } from "../support/browser.ts";
import { Clients } from "../support/clients.ts";

const PAGE_MS = 60_000;
const DIST = `${import.meta.dir}/../../node_modules/@socket.io/admin-ui/ui/dist`;

test(
  "the page of @socket.io/admin-ui shows sockets as they come, what they do, and disconnects one",
  async () => {
    const io = new Server();
    instrument(io as unknown as ReferenceServer, { auth: false, mode: "development" });
    const fetch = ({ url }: Request): Response => {
      const { pathname } = new URL(url);
      return new Response(Bun.file(`${DIST}${pathname === "/" ? "/index.html" : pathname}`));
    };
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...io.handler({ fetch }) });
    const url = server.url.origin;
    const clients = new Clients();
    const browser = await launchBrowser();
    const errors: string[] = [];
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(15_000);
      page.on("pageerror", ({ message }) => errors.push(message));
      const ada = await clients.connect(url);
      await page.goto(url);
      await page.getByLabel("Server URL").fill(url);
      await page.getByRole("button", { name: "Connect" }).click();
      await page.getByText("connected", { exact: true }).first().waitFor();
      await page.getByText("/admin", { exact: true }).waitFor();
      await keepScreenshot(page, "admin-ui");

      await page.goto(`${url}/#/sockets/`);
      await page.getByText(ada.id ?? "", { exact: true }).waitFor();
      const bob = await clients.connect(url);
      const { id = "" } = bob;
      await page.getByText(id, { exact: true }).waitFor();
      const gone = new Promise((resolve) => bob.once("disconnect", resolve));
      const row = page.getByRole("row").filter({ hasText: id });
      await row.getByRole("button").last().click();
      expect(await gone).toBe("io server disconnect");
      await page.goto(`${url}/#/sockets/`);
      await page
        .getByRole("row")
        .filter({ hasText: ada.id ?? "" })
        .waitFor();
      await row.waitFor({ state: "detached" });
      expect(ada.connected).toBe(true);

      await page.goto(`${url}/#/events/`);
      ada.emit("something new", 1);
      await page.getByText("something new").first().waitFor();
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      clients.closeAll();
      await io.close();
      await server.stop(true);
    }
  },
  PAGE_MS,
);
