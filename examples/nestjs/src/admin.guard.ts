import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";
import { WsException } from "@nestjs/websockets";
import type { Socket } from "socket.io";

/** Lets pass the messages of sockets that connected with the admin's token. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const socket: Socket = context.switchToWs().getClient();
    if (socket.handshake.auth.token !== (process.env.ADMIN_TOKEN ?? "let me in")) {
      throw new WsException("admins only");
    }
    return true;
  }
}
