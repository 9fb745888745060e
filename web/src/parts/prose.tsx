// The operator's own words: the little of Markdown that notices need, and never HTML.
import { Typography } from "antd";
import type { ReactNode } from "react";

export function Prose({ text }: { text: string }) {
  return text.split(/\n{2,}/).map((block, place) => <Block key={place} text={block.trim()} />);
}

function Block({ text }: { text: string }) {
  const heading = /^(#{1,4})\s+(.*)$/s.exec(text);
  if (heading)
    return (
      <Typography.Title level={Math.min((heading[1] ?? "#").length + 1, 5) as 2 | 3 | 4 | 5}>
        {inline(heading[2] ?? "")}
      </Typography.Title>
    );
  const lines = text.split("\n");
  if (lines.every((line) => /^[-*]\s/.test(line))) {
    return (
      <ul>
        {lines.map((line, place) => (
          <li key={place}>{inline(line.slice(2))}</li>
        ))}
      </ul>
    );
  }
  return (
    <Typography.Paragraph style={{ whiteSpace: "pre-line" }}>{inline(text)}</Typography.Paragraph>
  );
}

const PIECE = /(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)\s]+\))/;

function inline(text: string): ReactNode[] {
  return text.split(PIECE).map((piece, place) => {
    if (piece.startsWith("**")) return <strong key={place}>{piece.slice(2, -2)}</strong>;
    if (piece.startsWith("`")) return <code key={place}>{piece.slice(1, -1)}</code>;
    const link = /^\[([^\]]+)\]\(((?:https?:\/\/|mailto:|\/(?!\/))[^)\s]*)\)$/.exec(piece);
    return link ? (
      <a key={place} href={link[2]} rel="noopener noreferrer">
        {link[1]}
      </a>
    ) : (
      piece
    );
  });
}
