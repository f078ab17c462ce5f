import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import type { Browser, Locator, Page } from "playwright-core";
import { keepScreenshot, launchBrowser } from "../support/browser.ts";
import { once } from "../support/clients.ts";
import { describeExample } from "../support/example.ts";
import { TRANSPORTS } from "../support/hosts.ts";

const START_MS = 60_000;

describeExample("board", (example, testExample) => {
  let browser: Browser;
  let pages: Page[] = [];
  const pageErrors: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  }, START_MS);
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    expect(pageErrors.splice(0)).toEqual([]);
  });

  async function openTab(board: string, width = 1280): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 760 } });
    const page = await context.newPage();
    pages.push(page);
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => pageErrors.push(error.message));
    await page.goto(`${example.url}/?board=${board}`);
    return page;
  }

  async function enter(name: string, board: string, width?: number): Promise<Page> {
    const page = await openTab(board, width);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Open the board" }).click();
    await waitForStatus(page, "connected");
    return page;
  }

  async function logIn(name: string): Promise<string> {
    const body = JSON.stringify({ name });
    const response = await fetch(`${example.url}/login`, { method: "POST", body });
    return ((await response.json()) as { token: string }).token;
  }

  for (const { name, transports } of TRANSPORTS) {
    testExample(`refuses bad tokens and bad payloads with a code, over ${name}`, async () => {
      const url = `${example.url}/boards/raw`;
      const options = { transports: [...transports] };
      const stranger = example.clients.make(url, { ...options, auth: { token: "made.up" } });
      const [error] = await once<[Error & { data?: unknown }]>(stranger, "connect_error");
      expect(error.data).toEqual({ code: "TOKEN_INVALID" });

      const auth = { token: await logIn("Ada") };
      const ada = await example.clients.connect(url, { ...options, auth });
      const note = { id: crypto.randomUUID(), text: "", colour: "sun", x: -1, y: 0 };
      const refusal = await ada.emitWithAck("add", note);
      expect(refusal).toMatchObject({ code: "INVALID_PAYLOAD", event: "add" });
      expect(refusal.issues).toMatchObject([{ path: ["x"] }]);
      expect(await ada.emitWithAck("open")).toMatchObject({ notes: [], you: { name: "Ada" } });
    });
  }

  testExample("logs in whoever has a name", async () => {
    const response = await fetch(`${example.url}/login`, { method: "POST", body: "{}" });
    expect(response.status).toBe(400);
    expect(await logIn(" Ada ")).toMatch(/^[\w-]+\.[\w-]{43}$/);
  });

  testExample("two people see each other's cursors and notes, and who is there", async () => {
    const ada = await enter("Ada Lovelace", "launch-plan");
    await ada.getByText("Nothing here yet").waitFor();
    const grace = await enter("Grace Hopper", "launch-plan");
    await waitForPeople(ada, ["Ada Lovelace", "Grace Hopper"]);
    await waitForPeople(grace, ["Ada Lovelace", "Grace Hopper"]);
    const elsewhere = await enter("Eve", "another");
    await elsewhere.getByText("Nothing here yet").waitFor();

    await write(ada, { x: 230, y: 240 }, "sun", "Ship the beta on Thursday, not before lunch");
    await write(grace, { x: 520, y: 200 }, "sky", "Release notes: who writes, who reads?");
    await write(ada, { x: 800, y: 280 }, "mint", "Load test went well: two nodes are plenty");
    await write(grace, { x: 330, y: 480 }, "lilac", "Invite the first ten teams");
    await write(ada, { x: 640, y: 500 }, "rose", "What if the network goes away in the demo?");
    await saved(grace, "in the demo").waitFor();
    await saved(ada, "first ten teams").waitFor();

    // It follows while it is dragged, and stays where it is let go.
    const note = saved(ada, "in the demo");
    const before = await boxOf(note);
    await grace.mouse.move(560, 560);
    await grace.mouse.down();
    await grace.mouse.move(700, 600, { steps: 4 });
    await grace.mouse.move(690, 620, { steps: 4 });
    await ada.locator("[data-testid=note][data-dragged]", { hasText: "in the demo" }).waitFor();
    await ada.getByTestId("cursor").getByText("Grace Hopper").waitFor();
    await ada.mouse.move(980, 430);
    await grace.getByTestId("cursor").getByText("Ada Lovelace").waitFor();
    await ada.mouse.move(980, 431);
    await keepScreenshot(ada, "board");
    await grace.emulateMedia({ colorScheme: "dark" });
    await keepScreenshot(grace, "board, dark");
    await grace.mouse.up();
    await ada.locator("[data-dragged]").waitFor({ state: "detached" });
    await waitForShift(ada, "in the demo", before, { x: 130, y: 60 });

    // The pointer leaves, and so does the cursor.
    await grace.mouse.move(100, 20);
    await ada.getByTestId("cursor").waitFor({ state: "detached" });

    expect(await elsewhere.getByTestId("note").count()).toBe(0);
    await waitForPeople(elsewhere, ["Eve"]);
    await grace.close();
    await waitForPeople(ada, ["Ada Lovelace"]);

    const phone = await enter("Linus", "launch-plan", 375);
    await saved(phone, "Thursday").waitFor();
    await keepScreenshot(phone, "board, phone");
    const width = await phone.evaluate("document.documentElement.scrollWidth");
    expect(width).toBe(375);
  });

  testExample("what the server refuses goes back to what it was, and is not lost", async () => {
    const ada = await enter("Ada", "refused");
    await write(ada, { x: 400, y: 300 }, "sun", "milk");
    await saved(ada, "milk").dblclick();
    const field = ada.getByLabel("Text of the note");
    await field.fill("x".repeat(241));
    await field.press("Enter");
    await ada.getByText("A note takes 240 letters at most").waitFor();
    expect(await field.inputValue()).toHaveLength(241);
    await field.press("Escape");
    await saved(ada, "milk").waitFor();
    await write(ada, { x: 700, y: 300 }, "sun", "bread");
    const refusals = example.program.output.matchAll(/Ada: INVALID_PAYLOAD \(change\)/g);
    expect([...refusals]).toHaveLength(1); // Escape has sent nothing
  });

  testExample("a token that is no good leads back to the login, with its code", async () => {
    const page = await openTab("home");
    await page.evaluate("sessionStorage.setItem('board-token', 'made.up')");
    await page.reload();
    await page.getByText("You have to log in again (TOKEN_INVALID)").waitFor();
    await page.getByLabel("Your name").fill("Ada");
    await page.getByRole("button", { name: "Open the board" }).click();
    await waitForStatus(page, "connected");
  });

  testExample("who was cut off comes back, has what was missed, and sends what waits", async () => {
    const [ada, bob] = [await enter("Ada", "away"), await enter("Bob", "away")];
    await write(ada, { x: 400, y: 300 }, "sun", "milk");
    const note = saved(bob, "milk");
    await note.waitFor();
    const before = await boxOf(saved(ada, "milk"));

    await bob.context().setOffline(true);
    await waitForStatus(bob, "reconnecting");
    await waitForPeople(ada, ["Ada"]);
    await note.focus();
    await note.press("ArrowRight");
    await bob.locator("[data-testid=note][data-state=pending]", { hasText: "milk" }).waitFor();
    await write(ada, { x: 800, y: 300 }, "mint", "bread");
    await bob.context().setOffline(false);

    await waitForStatus(bob, "connected");
    await saved(bob, "bread").waitFor();
    await note.waitFor();
    await waitForShift(ada, "milk", before, { x: 20, y: 0 });
    await waitForPeople(ada, ["Ada", "Bob"]);
  });

  testExample("the board is exported as a file, and counted for GET /metrics", async () => {
    const ada = await enter("Ada", "list");
    await write(ada, { x: 400, y: 500 }, "sun", "second");
    await write(ada, { x: 700, y: 200 }, "sun", "first");
    const download = ada.waitForEvent("download");
    await ada.getByRole("button", { name: "Export" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("list.md");
    const text = await Bun.file(await file.path()).text();
    expect(text).toBe("# list\n\n- first (Ada)\n- second (Ada)\n");

    const metrics = await (await fetch(`${example.url}/metrics`)).text();
    expect(metrics).toContain('socketio_sockets{namespace="/boards/list"} 1\n');
    expect(metrics).toEndWith("# EOF\n");
  });

  testExample("its own tests pass", async () => {
    const child = Bun.spawn([process.execPath, "test"], {
      cwd: example.project.directory,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const output = await new Response(child.stderr).text();
    expect(output).toContain("5 pass");
    expect(await child.exited).toBe(0);
  });
});

async function waitForStatus(page: Page, state: string): Promise<void> {
  await page.locator(`[data-testid=status][data-state=${state}]`).waitFor();
}

async function waitForPeople(page: Page, names: string[]): Promise<void> {
  const people = page.getByTestId("person");
  for (const name of names) await people.filter({ hasText: name }).waitFor();
  await people.nth(names.length).waitFor({ state: "detached" });
}

/** A note with that text which the server has acknowledged. */
function saved(page: Page, text: string): Locator {
  return page.locator("[data-testid=note][data-state=saved]", { hasText: text });
}

/** Puts a note on the board, as a person does. */
async function write(
  page: Page,
  { x, y }: { x: number; y: number },
  colour: string,
  text: string,
): Promise<void> {
  await page.getByRole("button", { name: `Colour: ${colour}` }).click();
  await page.mouse.dblclick(x, y);
  await page.getByLabel("Text of the note").fill(text);
  await page.getByLabel("Text of the note").press("Enter");
  await saved(page, text).waitFor();
}

async function boxOf(note: Locator): Promise<{ x: number; y: number }> {
  const box = await note.boundingBox();
  if (box === null) throw new Error("the note does not show");
  return { x: Math.round(box.x), y: Math.round(box.y) };
}

/** Until a note is so many px from where it was. */
async function waitForShift(
  page: Page,
  text: string,
  from: { x: number; y: number },
  by: { x: number; y: number },
): Promise<void> {
  let at = from;
  const wanted = { x: from.x + by.x, y: from.y + by.y };
  const late = Date.now() + 20_000;
  while (at.x !== wanted.x || at.y !== wanted.y) {
    if (Date.now() > late) throw new Error(`at ${at.x}, ${at.y}, not ${wanted.x}, ${wanted.y}`);
    await Bun.sleep(10);
    at = await boxOf(saved(page, text));
  }
}
