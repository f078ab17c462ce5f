import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.ts";
import { CorsIoAdapter } from "./cors-io.adapter.ts";

const { PORT = "3000", HOST = "127.0.0.1", ORIGIN = "http://localhost:5173" } = process.env;

const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
app.useWebSocketAdapter(new CorsIoAdapter(app, ORIGIN));
app.enableShutdownHooks();
await app.listen(Number(PORT), HOST);
console.log(`NestJS and Socket.IO listen on ${await app.getUrl()}`);
