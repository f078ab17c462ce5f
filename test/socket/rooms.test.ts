import { roomSuite } from "../suites/rooms.ts";
import { everywhere } from "../support/world.ts";

everywhere(roomSuite);
