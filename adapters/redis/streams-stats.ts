import type { OutboxStats } from "./outbox-stats.ts";

/** How much an adapter has sent and lost. */
export interface StreamsStats {
  /** What is sent over the client, by all its adapters. */
  readonly outbox: OutboxStats;
  /** How many messages of this adapter were dropped unsent. */
  readonly dropped: number;
  /** How many entries, each of one message or several, were cut off its stream before this node had read them. */
  readonly lost: number;
}

/** Entries that were cut off a stream before this node had read them; of all its namespaces. */
export interface LostEntries {
  readonly stream: string;
  /** How many entries: what is in a bundle counts as one. */
  readonly messages: number;
}
