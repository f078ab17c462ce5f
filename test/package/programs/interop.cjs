// What compilers make of `import io from "socket.io"` for CommonJS.
const importDefault = (module) => (module?.__esModule ? module : { default: module });

module.exports = importDefault(require("socket.io")).default;
