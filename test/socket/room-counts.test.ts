import { roomCountSuite } from "../suites/room-counts.ts";
import { HOSTS } from "../support/hosts.ts";
import { everywhere } from "../support/world.ts";

everywhere(roomCountSuite, HOSTS);
