// Contender: Kafka Streams with exactly_once_v2 and RocksDB, processor API, caching and changelog on. With a journal it is
// the same in two stages: validate and pass on by key, then apply. Its one argument is the task as JSON (meter.py).

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public class SameJob {
    static final ObjectMapper JSON = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, true);
    static final AtomicLong COUNT = new AtomicLong();
    static final int RECENT = 4;

    public static class Paper {
        static final Set<String> KINDS = Set.of("quarantine", "test", "disinfection");
        static final Pattern DAY = Pattern.compile("\\d{4}-\\d\\d-\\d\\d");
        public String kind, number, issued_on;

        boolean valid() {
            return KINDS.contains(kind) && named(number) && issued_on != null && DAY.matcher(issued_on).matches();
        }
    }

    public static class Lot {
        static final Set<String> GOODS = Set.of("fruit", "meat", "seafood"), UNITS = Set.of("kg", "piece");
        public String operator, lot, goods, unit;
        public double amount;
        public List<Paper> papers;

        boolean valid() {
            return named(operator) && named(lot) && GOODS.contains(goods) && UNITS.contains(unit) && amount > 0
                && papers != null && papers.stream().allMatch(Paper::valid);
        }
    }

    public static class Event {
        static final Pattern INSTANT = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        public String specversion, id, source, type, time;
        public Lot data;

        boolean valid() {
            return "1.0".equals(specversion) && named(id) && named(source) && "lot.uploaded".equals(type)
                && time != null && INSTANT.matcher(time).matches() && data != null && data.valid();
        }

        boolean gap() {
            return data.papers.stream().noneMatch(paper -> paper.kind.equals("quarantine"));
        }
    }

    @JsonPropertyOrder({"operator", "count", "gaps", "chain", "recent"})
    public static class Row {
        public String operator;
        public long count, gaps, chain;
        public List<Object[]> recent = new ArrayList<>();
    }

    static boolean named(String text) {
        return text != null && !text.isEmpty() && text.length() <= 64;
    }

    /** The event, or null if it is to be refused. */
    static Event read(byte[] value) {
        try {
            Event event = JSON.readValue(value, Event.class);
            return event.valid() ? event : null;
        } catch (IOException refused) {
            return null;
        }
    }

    /** CRC-32 going on from an earlier one, as zlib's second argument: Java's class can only begin. */
    static long chain(String id, long before) {
        int crc = ~(int) before;
        for (byte each : id.getBytes(StandardCharsets.UTF_8)) {
            crc = (crc >>> 8) ^ TABLE[(crc ^ each) & 0xff];
        }
        return ~crc & 0xffffffffL;
    }

    static final int[] TABLE = new int[256];

    static {
        for (int number = 0; number < 256; number++) {
            int crc = number;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? (crc >>> 1) ^ 0xEDB88320 : crc >>> 1;
            }
            TABLE[number] = crc;
        }
    }

    static class Validate implements Processor<byte[], byte[], byte[], byte[]> {
        ProcessorContext<byte[], byte[]> context;

        @Override
        public void init(ProcessorContext<byte[], byte[]> given) {
            context = given;
        }

        @Override
        public void process(Record<byte[], byte[]> message) {
            Event event = read(message.value());
            if (event != null) {
                context.forward(message.withKey(event.data.operator.getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    static class Apply implements Processor<byte[], byte[], byte[], byte[]> {
        ProcessorContext<byte[], byte[]> context;
        KeyValueStore<byte[], byte[]> rows;

        @Override
        public void init(ProcessorContext<byte[], byte[]> given) {
            context = given;
            rows = given.getStateStore("rows");
        }

        @Override
        public void process(Record<byte[], byte[]> message) {
            Event event = read(message.value());
            COUNT.incrementAndGet();
            if (event == null) {
                return;
            }
            try {
                byte[] stored = rows.get(message.key());
                Row row = stored == null ? new Row() : JSON.readValue(stored, Row.class);
                boolean gap = event.gap();
                row.operator = event.data.operator;
                row.count += 1;
                row.gaps += gap ? 1 : 0;
                row.chain = chain(event.id, row.chain);
                if (row.recent.size() == RECENT) {
                    row.recent.remove(0);
                }
                row.recent.add(new Object[] {event.data.lot, event.data.goods, event.data.amount, event.data.unit, event.time});
                rows.put(message.key(), JSON.writeValueAsBytes(row));
                if (gap) {
                    context.forward(message.withValue(JSON.writeValueAsBytes(alert(event, row))));
                }
            } catch (IOException broken) {
                throw new IllegalStateException(broken);
            }
        }

        Map<String, Object> alert(Event event, Row row) {
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("id", event.data.operator + "-" + event.data.lot);
            said.put("kind", "quarantine-missing");
            said.put("status", "standing");
            said.put("operator", event.data.operator);
            said.put("lot", event.data.lot);
            said.put("since", event.time);
            said.put("count", row.count);
            said.put("chain", row.chain);
            return said;
        }
    }

    static Topology topology(Map<String, Object> task) {
        Topology topology = new Topology();
        String topic = (String) task.get("topic"), journal = (String) task.get("journal");
        if (!journal.isEmpty()) {
            topology.addSource("public", topic);
            topology.addProcessor("validate", Validate::new, "public");
            topology.addSink("onward", journal, "validate");
            topic = journal;
        }
        topology.addSource("records", topic);
        topology.addProcessor("apply", Apply::new, "records");
        topology.addStateStore(
            Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("rows"), Serdes.ByteArray(), Serdes.ByteArray())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of()),
            "apply");
        topology.addSink("alerts", (String) task.get("alerts"), "apply");
        return topology;
    }

    static void measure(String path) throws Exception {
        PrintWriter report = new PrintWriter(new FileWriter(path, true), true);
        OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        while (true) {
            double now = System.nanoTime() / 1e9, cpu = process.getProcessCpuTime() / 1e9;
            report.println(String.format(Locale.ROOT, "%.4f %d %.4f", now, COUNT.get(), cpu));
            Thread.sleep(100);
        }
    }

    public static void main(String[] arguments) throws Exception {
        @SuppressWarnings("unchecked")
        Map<String, Object> task = JSON.readValue(arguments[0], Map.class);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, task.get("group"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.get("bootstrap"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, task.get("folder"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, task.get("commit_ms"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        KafkaStreams streams = new KafkaStreams(topology(task), settings);
        streams.start();
        measure((String) task.get("report"));
    }
}
