import { Card, Col, Row, Statistic } from "antd";

/** Figures in a row, each with its name. */
export function Figures({
  of,
}: {
  of: readonly { name: string; value: string | number; note?: string }[];
}) {
  return (
    <Row gutter={[12, 12]} style={{ marginBottom: 16 }}>
      {of.map(({ name, value, note }) => (
        <Col key={name} xs={12} md={6}>
          <Card size="small">
            <Statistic
              title={name}
              value={value}
              formatter={(shown) => shown}
              styles={{ content: { fontSize: 20, overflowWrap: "anywhere" } }}
            />
            {note && <small>{note}</small>}
          </Card>
        </Col>
      ))}
    </Row>
  );
}
