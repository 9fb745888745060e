import { Alert, Button, Card, Flex, Form, Input, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, type Schemas, told } from "../api/client";
import { PriceText } from "../models/price-text";
import { useAct } from "../parts/act";
import { FaultNote } from "../parts/fault";
import { bodyOf, type Field, type Values } from "../parts/field";
import { Fields } from "../parts/fields";
import { Table } from "../parts/table";
import { Policy } from "./policy";

type Proposal = Schemas["ProposalView"];
const SOURCES = ["catalogue", "library", "relay"] as const;

/** What others say that models cost, against what is set here; some or all are accepted. */
export function Proposals() {
  const { t } = useTranslation();
  const [fault, setFault] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Schemas["ProposalsView"]>();
  const [form] = Form.useForm<Values>();
  const source = Form.useWatch("source", form) as string | undefined;
  const fields = fieldsFor(source ?? "catalogue", t);
  const look = async (typed: Values) => {
    setBusy(true);
    setFault(undefined);
    try {
      const body = bodyOf(fields, typed, undefined) as Schemas["ProposalQueryBody"];
      const offered_only = typed["offered_only"] === true;
      setFound(
        await told(api.POST("/api/v1/prices/proposals", { body: { ...body, offered_only } })),
      );
    } catch (refused) {
      setFound(undefined);
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Policy />
      <Card size="small" style={{ maxWidth: 640, marginBottom: 16 }}>
        <Form<Values>
          form={form}
          layout="vertical"
          initialValues={{ source: "catalogue", factor: "1", offered_only: true }}
          onFinish={(typed) => void look(typed)}
        >
          <Fields of={fields} />
          <FaultNote fault={fault} />
          <Button type="primary" htmlType="submit" loading={busy}>
            {t("proposals.look")}
          </Button>
        </Form>
      </Card>
      <div aria-live="polite">
        {found && (
          <Found
            key={JSON.stringify(found.proposals.map((one) => one.price.model))}
            found={found}
            onAccepted={() => form.submit()}
          />
        )}
      </div>
    </>
  );
}

function Found({ found, onAccepted }: { found: Schemas["ProposalsView"]; onAccepted: () => void }) {
  const { t } = useTranslation();
  const act = useAct("prices", "models");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [from, setFrom] = useState("");
  const { proposals, unread, looked_at } = found;
  const accept = async () => {
    const prices = proposals
      .filter((one) => chosen.includes(one.price.model))
      .map((one) => one.price);
    const effective_at = from ? new Date(from).toISOString() : null;
    const body = { prices, effective_at };
    if (await act(() => api.POST("/api/v1/prices/accept", { body }))) onAccepted();
  };
  return (
    <>
      <p>{t("proposals.found", { count: proposals.length, looked: looked_at })}</p>
      {Object.keys(found.groups).length > 0 && (
        <p>
          {t("proposals.groups")}:{" "}
          {Object.entries(found.groups).map(([name, ratio]) => (
            <Tag key={name}>
              {name} ×{ratio}
            </Tag>
          ))}
        </p>
      )}
      {unread.length > 0 && (
        <Alert
          type="warning"
          title={t("proposals.unread", { count: unread.length })}
          description={unread.slice(0, 20).join(", ")}
          style={{ marginBottom: 12 }}
        />
      )}
      <Table<Proposal>
        dataSource={proposals}
        rowKey={(one) => one.price.model}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        rowSelection={{
          selectedRowKeys: [...chosen],
          onChange: (keys) => setChosen(keys.map(String)),
          getTitleCheckboxProps: () => ({ "aria-label": t("proposals.all") }),
          getCheckboxProps: (one) => ({ "aria-label": one.price.model }),
        }}
        locale={{ emptyText: t("proposals.none") }}
        columns={[
          {
            title: t("field.model"),
            key: "model",
            render: (_, one) => (
              <>
                <code>{one.price.model}</code>{" "}
                <Tag color={one.change === "new" ? "blue" : "orange"}>
                  {t(`proposals.${one.change}`)}
                </Tag>
              </>
            ),
          },
          {
            title: t("proposals.now"),
            key: "now",
            render: (_, one) => (one.change === "new" ? "–" : <PriceText prices={one.now} />),
          },
          {
            title: t("proposals.then"),
            key: "then",
            render: (_, one) => <PriceText prices={one.then} />,
          },
        ]}
      />
      <Flex wrap gap="small" align="center" style={{ marginTop: 12 }}>
        <label htmlFor="accept-from">{t("field.effective_at")}</label>
        <Input
          id="accept-from"
          type="datetime-local"
          value={from}
          onChange={(change) => setFrom(change.target.value)}
          style={{ width: 200 }}
        />
        <Button type="primary" disabled={chosen.length === 0} onClick={() => void accept()}>
          {t("proposals.accept", { count: chosen.length })}
        </Button>
      </Flex>
    </>
  );
}

function fieldsFor(source: string, t: (key: string) => string): Field[] {
  const options = SOURCES.map((value) => ({ value, label: t(`proposals.source.${value}`) }));
  const asked: Field[] = [{ name: "source", kind: "choice", required: true, options }];
  if (source !== "catalogue")
    asked.push(
      { name: "url", kind: "text", required: source === "relay", help: "proposalUrl" },
      { name: "allow_private", kind: "switch", help: "allowPrivate" },
    );
  if (source === "relay") asked.push({ name: "group", kind: "text", help: "relayGroup" });
  asked.push(
    { name: "factor", kind: "amount", help: "factor" },
    { name: "offered_only", kind: "switch" },
  );
  return asked;
}
