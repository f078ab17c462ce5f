import { describeCommand, USAGE } from "./describe/command.ts";
import { SocketIOError } from "./errors.ts";

const [command, ...args] = process.argv.slice(2);

if (command === "describe" && !args.includes("--help")) {
  try {
    await describeCommand(args, (text) => process.stdout.write(text));
  } catch (error) {
    console.error(error instanceof SocketIOError ? error.message : error);
    process.exitCode = 1;
  }
} else {
  const isHelp = command === "describe" || command === "--help" || command === "help";
  (isHelp ? console.log : console.error)(USAGE);
  process.exitCode = isHelp ? 0 : 1;
}
