import { oldClientSuite } from "../suites/old-clients.ts";
import { everywhereOld } from "../support/old-clients.ts";

everywhereOld(oldClientSuite);
