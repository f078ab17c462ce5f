import type { AdapterConfig } from "./adapter-config.ts";

/** What a node in a process of its own is to be. */
export interface NodeSettings {
  id: number;
  index: number;
  /** Where the test listens. */
  controlPort: number;
  /** What to import the server from. */
  server: string;
  /** What to import the adapters from, and the name of the function there. */
  adapters: string;
  make: string;
  config: AdapterConfig;
  serverOptions: object;
}

/** The environment variable that carries them, as JSON. */
export const SETTINGS = "FLEET_NODE";
