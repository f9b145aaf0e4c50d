/** Keeps a text a person typed from changing the direction of what stands around it (Unicode UAX #9, isolates). */
export function isolate(text: string): string {
  const plain = stripDirection(text);
  return looksLeftToRight(plain) ? `\u2066${plain}\u2069` : `\u2068${plain}\u2069`;
}

/** Removes every mark that steers direction. */
export function stripDirection(text: string): string {
  return text.replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '');
}

/** Phone numbers, references, identity numbers, IBANs, addresses of mail and sites: plain ASCII with a digit, an @ or a scheme. */
export function looksLeftToRight(text: string): boolean {
  return /^[\x20-\x7e\u00a0]+$/.test(text) && /\d|@|:\/\/|^www\./.test(text);
}
