import ts from 'typescript';

/** A piece of prose in a source: a comment or a text, with the line where it begins. */
export interface Prose {
  line: number;
  text: string;
}

/** The comments and texts of a source. */
export function proseOf(file: string, source: string): Prose[] {
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = new Map<number, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (isText(node)) found.set(node.getStart(parsed), node.text);
    for (const child of node.getChildren(parsed)) visit(child);
  };
  visit(parsed);
  for (const { pos, end } of commentsOf(parsed, source)) found.set(pos, plain(source.slice(pos, end)));
  return [...found].map(([pos, text]) => ({ line: parsed.getLineAndCharacterOfPosition(pos).line + 1, text }));
}

const isText = (node: ts.Node): node is ts.Node & { text: string } =>
  ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);

function commentsOf(parsed: ts.SourceFile, source: string): ts.CommentRange[] {
  const ranges: ts.CommentRange[] = [];
  const visit = (node: ts.Node): void => {
    ranges.push(...(ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []));
    ranges.push(...(ts.getTrailingCommentRanges(source, node.getEnd()) ?? []));
    for (const child of node.getChildren(parsed)) visit(child);
  };
  visit(parsed);
  return ranges;
}

/** A comment without its stars, in one line. */
const plain = (comment: string): string =>
  comment
    .replace(/\*\/$/, '')
    .replace(/^\s*(?:\/\*\*?|\*|\/\/)/gm, ' ')
    .replace(/@param \w+/g, '')
    .replace(/\s+/g, ' ');
