import { Server } from "bun-socket.io";
import { type RoomsServer, rooms } from "./rooms.ts";

const { HOST: hostname = "127.0.0.1", PORT = "3000" } = process.env;
const io: RoomsServer = new Server(Number(PORT), { hostname });
rooms(io);
console.log("Rooms: `bun test` is what this example is about");
