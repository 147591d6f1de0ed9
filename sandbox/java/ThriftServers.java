import org.apache.hadoop.hive.ql.session.SessionState;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.hive.thriftserver.HiveThriftServer2;

/** Spark's HiveServer2 on one port per way to log in, all over one session: `AUTH=PORT …`. */
public class ThriftServers {
  public static void main(String[] doors) {
    SparkSession spark = SparkSession.builder().enableHiveSupport().getOrCreate();
    // First, or Spark's metastore would be the temporary one that each server makes for itself.
    spark.sql("show databases").collect();
    for (int i = 0; i < doors.length; i++) {
      // HiveConf takes system properties; it does not see what a session sets.
      String[] door = doors[i].split("=");
      System.setProperty("hive.server2.authentication", door[0]);
      System.setProperty("hive.server2.thrift.port", door[1]);
      SessionState.detachSession(); // the last door's settings hang on this thread
      HiveThriftServer2.startWithSparkSession(spark, true);
    }
    System.err.println("READY");
  }
}
