import { io } from "socket.io-client";

io().on("hello", (text: string) => console.log(text));
