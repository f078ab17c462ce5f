import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type RunningChat, startChat } from "../../examples/chat/server.ts";
import { keepScreenshot, launchBrowser } from "../support/browser.ts";

const TIMEOUT_MS = 60_000;

let browser: Browser;
let chat: RunningChat;
let pages: Page[] = [];
const pageErrors: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
}, TIMEOUT_MS);
afterAll(() => browser.close());
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
  await chat.stop();
  expect(chat.io.engine.clientsCount).toBe(0);
  expect(pageErrors.splice(0)).toEqual([]);
}, TIMEOUT_MS);

/** A tab of its own, with a name in the chat. */
async function openTab(name: string, query: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 720 } });
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => pageErrors.push(error.message));
  // The stock client does not listen for the browser's "offline" event on a page of localhost.
  const url = chat.url.replace("localhost", "127.0.0.1");
  await page.goto(`${url}/?room=bun${query}`);
  await page.getByTestId("nickname").fill(name);
  await page.getByTestId("join").click();
  return page;
}

async function waitForStatus(page: Page, state: string, transport?: string): Promise<void> {
  const over = transport === undefined ? "" : `[data-transport=${transport}]`;
  const selector = `[data-testid=status][data-state=${state}]${over}`;
  await page.locator(selector).waitFor({ state: "attached" });
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByTestId("message-input").fill(text);
  await page.getByTestId("send").click();
}

async function waitForMessage(page: Page, text: string, state = "delivered"): Promise<void> {
  const message = page.locator(`[data-testid=message][data-state=${state}]`, { hasText: text });
  await message.waitFor();
}

function texts(page: Page): Promise<string[]> {
  return page.locator("[data-testid=message] [data-testid=text]").allTextContents();
}

async function waitForPeople(page: Page, names: string[]): Promise<void> {
  const people = page.getByTestId("person");
  for (const name of names) {
    await people.filter({ hasText: name }).waitFor();
  }
  await people.nth(names.length).waitFor({ state: "detached" });
}

describe.each([
  { name: "polling only", query: "&transport=polling", transport: "polling" },
  { name: "WebSocket only", query: "&transport=websocket", transport: "websocket" },
  { name: "polling upgraded to WebSocket", query: "", transport: "websocket" },
])("two tabs of Chromium in the chat, $name", ({ name, query, transport }) => {
  test(
    "both see both messages, who is there and who is typing",
    async () => {
      chat = startChat({ port: 0 });
      const ada = await openTab("Ada", query);
      await waitForStatus(ada, "connected", transport);
      const bob = await openTab("Bob", query);
      await waitForStatus(bob, "connected", transport);
      await waitForPeople(ada, ["Ada", "Bob"]);
      await waitForPeople(bob, ["Ada", "Bob"]);

      await bob.getByTestId("message-input").pressSequentially("hel");
      await ada.getByTestId("typing").getByText("Bob is typing").waitFor();
      await say(bob, "hello from Bob");
      await waitForMessage(bob, "hello from Bob");
      await waitForMessage(ada, "hello from Bob");
      await say(ada, "hello <b>from</b> Ada");
      await waitForMessage(ada, "hello <b>from</b> Ada");
      await waitForMessage(bob, "hello <b>from</b> Ada");

      const expected = ["hello from Bob", "hello <b>from</b> Ada"];
      expect(await texts(ada)).toEqual(expected);
      expect(await texts(bob)).toEqual(expected);
      await keepScreenshot(ada, `chat, ${name}`);
    },
    TIMEOUT_MS,
  );

  test(
    "one is cut off, comes back, and has what it missed, once",
    async () => {
      chat = startChat({ port: 0 });
      const ada = await openTab("Ada", query);
      const bob = await openTab("Bob", query);
      await waitForStatus(ada, "connected", transport);
      await waitForStatus(bob, "connected", transport);
      await waitForPeople(ada, ["Ada", "Bob"]);
      await say(ada, "before");
      await waitForMessage(bob, "before");

      await bob.context().setOffline(true);
      await waitForStatus(bob, "reconnecting");
      if (transport === "websocket") {
        // A poll stays parked when its client goes silent: that is the heartbeat's to find.
        await waitForPeople(ada, ["Ada"]);
      }
      await say(ada, "while Bob was away");
      await waitForMessage(ada, "while Bob was away");
      await keepScreenshot(bob, `chat, ${name}, cut off`);
      await bob.context().setOffline(false);

      await waitForStatus(bob, "connected", transport);
      await waitForMessage(bob, "while Bob was away");
      await waitForPeople(ada, ["Ada", "Bob"]);
      await say(bob, "back again");
      await waitForMessage(bob, "back again");
      await waitForMessage(ada, "back again");
      const expected = ["before", "while Bob was away", "back again"];
      expect(await texts(bob)).toEqual(expected);
      expect(await texts(ada)).toEqual(expected);
    },
    TIMEOUT_MS,
  );
});
