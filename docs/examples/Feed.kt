// A page of a county app's feed on Android or the JVM, with nothing but the standard library.
// kotlinc Feed.kt -include-runtime -d feed.jar && TIANFU_KEY=<app key> java -jar feed.jar
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

fun main() {
    val address = System.getenv("TIANFU_URL") ?: "http://127.0.0.1:8000"
    val request = HttpRequest.newBuilder(URI.create("$address/v1/recommend"))
        .header("Authorization", "Bearer ${System.getenv("TIANFU_KEY")}")
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("""{"device_id": "example-device-1", "count": 5}"""))
        .build()
    val answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString())
    check(answer.statusCode() == 200) { answer.body() }
    Regex("\"title\":\"((?:[^\"\\\\]|\\\\.)*)\"").findAll(answer.body()).forEach { println(it.groupValues[1]) }
}
