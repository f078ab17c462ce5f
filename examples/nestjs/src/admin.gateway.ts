import { UseGuards } from "@nestjs/common";
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from "@nestjs/websockets";
import { Namespace } from "socket.io";
import { AdminGuard } from "./admin.guard.ts";

@WebSocketGateway({ namespace: "admin" })
export class AdminGateway {
  @WebSocketServer()
  private readonly namespace!: Namespace;

  /** Tells everybody in the main namespace. */
  @UseGuards(AdminGuard)
  @SubscribeMessage("announce")
  announce(@MessageBody() text: string): { told: number } {
    const { sockets } = this.namespace.server;
    sockets.emit("announcement", text);
    return { told: sockets.sockets.size };
  }
}
