// A real Chromium for tests of pages.

import { mkdirSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumPath } from "./services.ts";

const ARTIFACTS = `${import.meta.dir}/../../artifacts`;

// The sandbox does not start as root; the rest keeps Chromium from calling home.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium without a window. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: ARGUMENTS,
    env: process.env as Record<string, string>,
  });
}

/** Keeps a picture of a page for a person to look at, in `artifacts/`. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: `${ARTIFACTS}/${name}.png` });
}

/**
 * Runs a test with pages of a Chromium of its own. Fails with what a page throws or logs as an
 * error, such as a breach of its content security policy.
 *
 * @param body is given what opens an address in a window with cookies of its own
 */
export async function withPages(
  body: (open: (url: string) => Promise<Page>) => Promise<void>,
): Promise<void> {
  const browser = await launchBrowser();
  const errors: string[] = [];
  try {
    await body(async (url) => {
      const context = await browser.newContext({ viewport: { width: 900, height: 640 } });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on("pageerror", ({ message }) => errors.push(message));
      page.on("console", (line) => {
        if (line.type() === "error") errors.push(line.text());
      });
      await page.goto(url);
      return page;
    });
  } finally {
    await browser.close();
  }
  if (errors.length > 0) {
    throw new Error(`the pages complained:\n${errors.join("\n")}`);
  }
}
