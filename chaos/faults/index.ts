// All faults, in the order in which they are printed.

import type { Fault } from "../fault.ts";
import { clientOptions } from "./clients.ts";
import { failover } from "./failover.ts";
import { outages } from "./outages.ts";
import { poisoned, wrongType } from "./poison.ts";
import { requests } from "./requests.ts";
import { slowSubscriber } from "./slow.ts";

export const FAULTS: readonly Fault[] = [
  ...outages,
  ...failover,
  ...slowSubscriber,
  ...poisoned,
  ...wrongType,
  ...clientOptions,
  ...requests,
];
