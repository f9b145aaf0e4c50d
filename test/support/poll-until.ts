/** Resolves once the fact holds; throws with its description when it does not within ten seconds (or `limitMs`). For real servers only. */
export async function pollUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
