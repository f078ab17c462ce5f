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
