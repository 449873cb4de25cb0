/** A word that readers from elsewhere stumble over, and what to write for it. */
export interface Banned {
  pattern: RegExp;
  say: string;
}

/** The words that this project does not use in documents, comments and what people read; see docs/glossary.md. */
export const banned: readonly Banned[] = [
  { pattern: /\btak(?:e|es|en|ing) up\b|\btook up\b/i, say: 'recover, start, find' },
  { pattern: /\blet(?:s|ting)? go\b/i, say: 'void, release' },
  { pattern: /\b(?:in|at) one go\b/i, say: 'in one trip, at once' },
  { pattern: /\bmanners\b/i, say: 'options' },
  { pattern: /\bg(?:ive|ives|iven|iving|ave) up\b/i, say: 'stop, skip, retry no more' },
  { pattern: /\btold\b/i, say: 'signalled, recorded, informed, asked' },
  { pattern: /\b(?:hears?|heard)\b/i, say: 'receive, get, be called with' },
  { pattern: /\b(?:tries|tried again|try again|first try)\b/i, say: 'attempts, retried, first attempt' },
  { pattern: /\bmend(?:s|ed|ing)?\b/i, say: 'repair, fix' },
  { pattern: /\bcannot be \w+(?: on)? so\b/i, say: 'does not apply: use …' },
  { pattern: /\bfurther\b/i, say: 'more, later' },
  { pattern: /\bbehind\b/i, say: 'after, late, guarded by' },
  {
    pattern:
      /\b(?:[Tt]hrows|[Tt]hrown|undefined|null|true|false|refused|[Ee]mpty|[Ss]et|left out|also|even|only|nothing) where\b/,
    say: 'if, for a condition',
  },
  { pattern: /, since (?!then\b|when\b)/i, say: 'because, for a reason' },
];

/** What of a text is banned, each with the better word. Names in backticks are no prose. */
export const bannedIn = (text: string): string[] =>
  banned.flatMap(({ pattern, say }) => {
    const [found] = pattern.exec(text.replace(/`[^`]*`/g, '')) ?? [];
    return found === undefined ? [] : [`"${found}": say ${say}`];
  });
