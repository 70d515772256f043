// Signs a batch of events for a key that was made with --signs-events.
import { createHmac } from "node:crypto";

/** Headers to send beside Authorization; `body` is the very text that will be sent. */
export function signed(signingSecret, body, now = Date.now()) {
  const timestamp = String(Math.floor(now / 1000));
  const hex = createHmac("sha256", signingSecret).update(`v1:${timestamp}:${body}`, "utf8").digest("hex");
  return { "Tianfu-Timestamp": timestamp, "Tianfu-Signature": `v1=${hex}` };
}
